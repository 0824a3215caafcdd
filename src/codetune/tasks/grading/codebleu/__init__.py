"""CodeBLEU: n-grams, keywords, syntax and data flow of code, each counted for what it is.

Other metrics are in `tasks.grading`.
"""
