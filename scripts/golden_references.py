"""The published programs that golden values come from, imported from checkouts.

None of them is a package that pip can install, so every generator takes --references FOLDER with
checkouts (or unpacked archives) of these commits, each in a folder of the name in `PROGRAMS`. They
were written for old libraries; what they import but the metrics do not use (TensorFlow, gin,
plotting, …) is replaced by stubs, and calls that current libraries refuse are wrapped, not changed.
"""

import contextlib
import functools
import importlib.util
import inspect
import io
import pathlib
import subprocess
import sys
import types

# Key in the golden files: (folder, repository, commit, remark).
PROGRAMS = {
    "dlib": ("disentanglement_lib", "google-research/disentanglement_lib",
             "86a644d4ed35c771560dc3360756363d35477357", ""),
    "nashae": ("nashae-beamsynthesis", "ericyeats/nashae-beamsynthesis",
               "6a307cf0e6477baa0ddd20c2765a8be84971a838", ""),
    "infodiffusion": ("InfoDiffusion", "isjakewong/InfoDiffusion",
                      "75c7b31953692af2f122e7fe8715902e160c9de5", " (main)"),
    "infodiffusion-dev": ("InfoDiffusion-dev", "isjakewong/InfoDiffusion",
                          "759f79c7649a7b0d22bdb8bfc4d73e959b1ed2c5", " (InfoDiffusion-dev)"),
    "disdiff": ("DisDiff", "ThomasMrY/DisDiff", "c3ba0c7e69a2581be4df3c12e7c37a81317f244b", ""),
    "tripod": ("tripod", "kylehkhsu/tripod", "d794dc4108dc5aaed5aebd36b8250f9dc5b671d8", ""),
    "latent_quantization": ("latent_quantization", "kylehkhsu/latent_quantization",
                            "9a420a33505e03914f9b4fbfcafd221d25b8162f", ""),
    "ubisoft": ("ubisoft-laforge-disentanglement-metrics",
                "ubisoft/ubisoft-laforge-disentanglement-metrics",
                "05d5667c129bc1445c343a651d26ccd2926fdde6", ""),
    "stylegan3": ("stylegan3", "NVlabs/stylegan3", "c233a919a6faee6e36a316ddd4eddababad1adf9", ""),
    "mmd-gan": ("MMD-GAN", "mbinkowski/MMD-GAN", "678bb5e2d5f7b0bb8dd5c3591d7759e1bb3f8018", ""),
    "kynkaat": ("improved-precision-and-recall-metric",
                "kynkaat/improved-precision-and-recall-metric",
                "ed8ee4cd2cbc73346b5aecddb0c8080aed5d021d", ""),
    "youngjung": ("improved-precision-and-recall-metric-pytorch",
                  "youngjung/improved-precision-and-recall-metric-pytorch",
                  "5ad4629b07f3f3a51184c39d3dbe9085a60e264c", ""),
    "dinov2": ("dinov2", "facebookresearch/dinov2", "b8931f7bf91576930313be2c6d6af376033b35f0", ""),
    "dgm-eval": ("dgm-eval", "layer6ai-labs/dgm-eval", "74c79f7527fbf38fdccfbac51f25d759bc02ab07", ""),
    "edm2": ("edm2", "NVlabs/edm2", "4bf8162f601bcc09472ce8a32dd0cbe8889dc8fc", ""),
    "cmmd": ("cmmd-pytorch", "sayakpaul/cmmd-pytorch", "f7673a9f46320ac958878c19f7686e203376ad9d", ""),
    "torch-fidelity-dev": ("torch-fidelity", "toshas/torch-fidelity",
                           "5e211a950a7b45206bd4976813ffd6aed6cf4ccc", " (0.5.0 in development)"),
    "fld": ("fld", "marcojira/fld", "ffbbf2041115814fd1074f0117bcb96c5af840b7", ""),
    "dci-es": ("DCI-ES", "andreinicolicioiu/DCI-ES",
               "9329daec05ac18038e080596c5bde997d28a1aaa", ""),
    "min-suf": ("dependent_disentanglement", "antonioalmudevar/dependent_disentanglement",
                "87200834adbb19be7fedca5c58426643d205d085", ""),
    "guided-diffusion": ("guided-diffusion", "openai/guided-diffusion",
                         "22e0df8183507e13a7813f8d38d51b072ca1e67c", ""),
}


def described(*keys):
    """The `references` of a golden file."""
    return {key: f"{PROGRAMS[key][1]}@{PROGRAMS[key][2]}{PROGRAMS[key][3]}" for key in keys}


class References:
    """Checkouts in one folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def path(self, key):
        """The checkout of a program; exits if it is missing or at another commit."""
        name, repository, commit, _ = PROGRAMS[key]
        path = self.folder / name
        if not path.is_dir():
            sys.exit(f"{path}: expected a checkout of {repository} at {commit}, found nothing.")
        if (path / ".git").exists():
            command = ["git", "-C", str(path), "rev-parse", "HEAD"]
            found = subprocess.run(command, capture_output=True, text=True).stdout.strip()
            if found != commit:
                sys.exit(f"{path}: expected commit {commit}, found '{found}'; check that one out.")
        return path

    @functools.cache
    def load(self, key, file, search=".", stubs=(), package=None):
        """Runs a file of a checkout as a module of its own.

        Its imports may come from the folder `search` of the checkout and from `stubs`, which stand in
        for modules that are missing; neither stays among the imported modules. `package` is what its
        relative imports are relative to.
        """
        root = self.path(key)
        before = dict(sys.modules)
        sys.modules.update({name: Anything(name) for name in stubs} | {"gin": gin, "gin.tf": gin.tf})
        sys.path.insert(0, str(root / search))
        try:
            stem = pathlib.Path(file).stem
            name = f"{package}.{stem}" if package else stem
            spec = importlib.util.spec_from_file_location(name, root / file)
            program = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(program)
            return program
        finally:
            sys.path.remove(str(root / search))
            for name in set(sys.modules) - set(before):
                module = sys.modules[name]
                places = (getattr(module, "__file__", None), *getattr(module, "__path__", ()))
                if isinstance(module, (Anything, Gin)) or name == "gin.tf" or any(
                        place and str(place).startswith(str(root)) for place in places):
                    del sys.modules[name]
            sys.modules.update(before)


class Anything(types.ModuleType):
    """A module, function or object of which only the existence matters; unpacks into two."""

    def __init__(self, name="anything"):
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name)

    def __call__(self, *_, **__):
        return Anything()

    def __getitem__(self, _):
        return Anything()

    def __iter__(self):
        return iter((Anything(), Anything()))


class Gin(types.ModuleType):
    """gin: fills the arguments of configurable functions in from `bindings`."""

    REQUIRED = object()

    def __init__(self):
        super().__init__("gin")
        self.__path__ = []
        self.bindings = {}
        self.tf = types.ModuleType("gin.tf")

    def configurable(self, name, **_):
        def decorate(function):
            signature = inspect.signature(function)

            @functools.wraps(function)
            def call(*values, **named):
                given = signature.bind_partial(*values, **named).arguments
                bound = self.bindings.get(name, {})
                return function(*values, **named, **{k: v for k, v in bound.items() if k not in given})

            return call

        return decorate


gin = Gin()


@contextlib.contextmanager
def silence():
    """Swallows what a program prints."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


@contextlib.contextmanager
def replaced(owner, **values):
    """Replaces attributes for a while."""
    old = {name: getattr(owner, name) for name in values}
    for name, value in values.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in old.items():
            setattr(owner, name, value)
