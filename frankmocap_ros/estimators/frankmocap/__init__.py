"""FrankMocap: crops, regressors, hands, and INT8 calibration."""
