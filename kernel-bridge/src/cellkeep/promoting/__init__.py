"""From a model in this kernel to an endpoint: ``cellkeep.deploy``.

Which variables are models tells ``finding.py`` (by ``frameworks.py``, from classes alone). ``deploying.py`` goes the five steps: snapshot,
export (``exporting.py`` and the ``onnx_*`` files; ``travelling.py`` for what stays Python), check (``comparing.py`` on the example and on
``random_rows.py``), register (``packing.py``, ``registering.py``), serve; ``telling.py`` shows them here and on the server. What always
holds: nothing is registered before it has answered like the model in the kernel, and a promotion that ends early leaves no endpoint
changed.
"""
