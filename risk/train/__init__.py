"""History again: from payments and what became known of them to a scorer and its report."""
