"""`python -m bench replicas`: one server and two, behind a proxy."""
