"""How HumanEvalPack's answers become programs, language by language."""
