"""What actions look like: templates of a folder or a CMS, by reference and language."""
