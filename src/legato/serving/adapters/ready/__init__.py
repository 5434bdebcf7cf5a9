"""Ready-made adapters: a translator, content and the client put together, one file each."""
