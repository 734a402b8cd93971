"""Random weights and body models in FrankMocap's file formats."""

__all__ = ["body_models", "extra_data", "published_formats", "skeleton", "tubes", "weights"]
