//! Wire formats of the model providers, and the scripted model.
