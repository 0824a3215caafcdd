"""What a row asks and how an answer is graded."""
