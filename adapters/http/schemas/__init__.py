"""The resources of the API, one module each; they describe and hold no behaviour."""
