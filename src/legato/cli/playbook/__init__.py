"""`legato playbook`: checks and tests a playbook, and tells how one is written."""
