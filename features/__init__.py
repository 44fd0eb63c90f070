"""Raw event -> named, typed values."""
