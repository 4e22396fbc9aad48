"""LEARNING FROM PREFERENCES: the same learner with a reward model in place of the result."""
