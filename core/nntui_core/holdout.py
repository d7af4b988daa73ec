"""The names under which a program keeps what it measures on samples that it does not learn from.

A program that gives `holdout_loss` a number in each iteration has a second loss curve, whoever wrote it.
"""

LOSS = "holdout_loss"
PREDICTION = "a_holdout"
TARGET = "y_holdout"
