"""What is learned, or ruled, about questions and code blocks of StackExchange."""
