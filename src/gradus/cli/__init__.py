"""The command line: options in, sentences out. No arithmetic of its own."""
