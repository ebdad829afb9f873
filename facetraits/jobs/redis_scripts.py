"""The changes of the Redis ledger, each one script in Lua that runs as a whole or not at all."""

from __future__ import annotations

_NOW = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) "
# KEYS: the hash, queued. ARGV: the key, its time, the limit, fields and values.
ADD = """
    if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[3]) then return 'busy' end
    redis.call('HSET', KEYS[1], unpack(ARGV, 4))
    redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
    return 'ok'
"""
# KEYS: the hash, queued, running. ARGV: the key, the new attempt, its owner, the lease in ms, an
# attempt that is known to be dead.
CLAIM = (
    _NOW
    + """
    local state = redis.call('HGET', KEYS[1], 'state')
    if state ~= 'queued' and state ~= 'running' then return 'over' end
    local held = redis.call('HGET', KEYS[1], 'attempt')
    if state == 'running' and held ~= ARGV[5] then
        local beat = tonumber(redis.call('ZSCORE', KEYS[3], ARGV[1]) or 0)
        if now - beat < tonumber(ARGV[4]) then return 'held' end
    end
    redis.call('HSET', KEYS[1], 'state', 'running', 'attempt', ARGV[2], 'owner', ARGV[3])
    redis.call('HINCRBY', KEYS[1], 'attempts', 1)
    redis.call('ZREM', KEYS[2], ARGV[1])
    redis.call('ZADD', KEYS[3], now, ARGV[1])
    return 'ok'
"""
)
# KEYS: the hash, running, expiry. ARGV: the key, the attempt, when it expires or '', fields and
# values.
CHANGE = (
    _NOW
    + """
    local state = redis.call('HGET', KEYS[1], 'state')
    if not state or state == 'cancelled' then return 'cancelled' end
    if state ~= 'running' or redis.call('HGET', KEYS[1], 'attempt') ~= ARGV[2] then
        return 'superseded'
    end
    if #ARGV > 3 then redis.call('HSET', KEYS[1], unpack(ARGV, 4)) end
    redis.call('ZADD', KEYS[2], now, ARGV[1])
    if ARGV[3] ~= '' then
        redis.call('ZREM', KEYS[2], ARGV[1])
        redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
        redis.call('HDEL', KEYS[1], 'place', 'sizes', 'parts', 'eta_s')
    end
    return 'ok'
"""
)
# KEYS: the hash, queued, running, expiry. ARGV: the key, when it expires.
CANCEL = """
    local state = redis.call('HGET', KEYS[1], 'state')
    if state ~= 'queued' and state ~= 'running' then return 'over' end
    redis.call('HSET', KEYS[1], 'state', 'cancelled', 'expires_ms', ARGV[2])
    redis.call('HDEL', KEYS[1], 'place', 'sizes', 'parts', 'eta_s')
    redis.call('ZREM', KEYS[2], ARGV[1])
    redis.call('ZREM', KEYS[3], ARGV[1])
    redis.call('ZADD', KEYS[4], ARGV[2], ARGV[1])
    return 'ok'
"""
