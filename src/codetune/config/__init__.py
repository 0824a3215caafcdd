"""Settings, and YAML files read with the line of each fault.

What a setting means is said by the package that uses it, in its `config` module.
"""
