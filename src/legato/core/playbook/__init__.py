"""The playbook: as people write it, compiled and checked."""
