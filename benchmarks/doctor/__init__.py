"""Does the doctor name what is wrong? Faults planted, and healthy trainings beside them."""
