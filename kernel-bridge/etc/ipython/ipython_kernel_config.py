# Cellkeep loads itself in every kernel of this environment; `pip uninstall cellkeep` takes it away again.
# `extra_extensions` is appended to `extensions`, and `append` to what other configuration files say: none is overridden.
c = get_config()
c.IPKernelApp.extra_extensions.append("cellkeep")
