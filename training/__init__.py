"""How the bundled embedding models are made: photos in, ONNX weights and figures out.

Not part of the wheel.
"""
