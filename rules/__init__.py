"""Values -> hits -> verdict: the analysts' rule files and their meaning."""
