"""Reference tensors to our networks, one file a family.

Every family has `networks_from_tensors(config, tensors)`, where `config` is the reference's own configuration
and `tensors` its arrays under its own names. Imported weights keep the licence under which they were
published.
"""
