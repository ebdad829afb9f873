"""What is said of a picture: values, their JSON, and reports made from them."""
