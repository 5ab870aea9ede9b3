"""Pages of reviewing, of any kind of content: the queue, one review, revisions, previews."""
