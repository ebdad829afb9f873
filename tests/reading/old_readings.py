"""Readings as version 0.1.0 kept them, letter by letter."""

TRAITNET = (
    '{"request_id":"0f6c","nets":"traitnet","width":512,"height":512,'
    '"processing_ms":{"decode":1.42,"detect":14.9,"classify":1.81,"total":18.13},'
    '"faces":[{"box":{"x":178.2,"y":62.9,"width":89.9,"height":113.3},'
    '"box_ratio":{"left":0.348,"top":0.1229,"width":0.1756,"height":0.2214},'
    '"score":0.9323,"landmarks":[[200.1,101.8],[247.1,102.6],[220.4,124.5],[198.6,142.8],'
    '[239.7,143.6]],"track_id":null,"age":{"value":37.0,"low":27.0,"high":49.8,'
    '"coverage":0.8,"range":"28-45","ranges":{"1-2":0.0001,"3-9":0.0004,"10-20":0.0284,'
    '"21-27":0.115,"28-45":0.6698,"46-65":0.1839,"66-116":0.0025}},'
    '"gender":{"value":"female","probability":0.9765},"emotion":{"dominant":"happiness",'
    '"probability":0.9994,"scores":{"neutral":0.0005,"happiness":0.9994,"surprise":0.0,'
    '"sadness":0.0,"anger":0.0,"disgust":0.0,"fear":0.0,"contempt":0.0},'
    '"valence":{"positive":0.9994,"neutral":0.0005,"negative":0.0}},'
    '"unsure":[{"trait":"age","reason":"ambiguous"}]}]}'
)

# The baseline networks' name was "seed", and ages that are whole had no decimal point.
SEED = (
    '{"request_id":"0f6c","nets":"seed","width":512,"height":512,'
    '"processing_ms":{"decode":1.42,"detect":14.9,"classify":1.81,"total":18.13},'
    '"faces":[{"box":{"x":178.2,"y":62.9,"width":89.9,"height":113.3},'
    '"box_ratio":{"left":0.348,"top":0.1229,"width":0.1756,"height":0.2214},'
    '"score":0.9323,"landmarks":[[200.1,101.8],[247.1,102.6],[220.4,124.5],[198.6,142.8],'
    '[239.7,143.6]],"track_id":null,"age":{"value":36.5,"low":21,"high":45,'
    '"coverage":0.8,"range":"28-45","ranges":{"1-2":0.0,"3-9":0.0,"10-20":0.0263,'
    '"21-27":0.1559,"28-45":0.6791,"46-65":0.1376,"66-116":0.0012}},'
    '"gender":{"value":"female","probability":0.8637},"emotion":{"dominant":"positive",'
    '"probability":0.9999,"valence":{"positive":0.9999,"neutral":0.0001,"negative":0.0}},'
    '"unsure":[]}]}'
)
