"""Files that come in: read, mapped, checked, applied. See `running` for the verbs."""
