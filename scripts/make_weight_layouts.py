"""Writes Tests/GenerationMetricsTests/Golden/layout_*: weights in the layouts in which people have them.

The pickles name torch's functions and classes as torch.save does, with stand-ins for them here, so that Python alone
is needed. Every file has one tensor of three numbers, `fc.weight` or `weight`. Usage: make_weight_layouts.py"""
import collections
import io
import os
import pathlib
import pickle
import struct
import sys
import types
import zipfile

golden = pathlib.Path(__file__).resolve().parent.parent / "Tests/GenerationMetricsTests/Golden"


def stand_in(module, name, kind):
    kind.__module__, kind.__qualname__, kind.__name__ = module, name, name
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:end]), types.ModuleType(".".join(parts[:end])))
    setattr(sys.modules[module], name, kind)
    return kind


FloatStorage = stand_in("torch", "FloatStorage", type("FloatStorage", (), {}))
rebuild = stand_in("torch._utils", "_rebuild_tensor_v2", lambda *_: None)
DataParallel = stand_in("torch.nn.parallel.data_parallel", "DataParallel", type("DataParallel", (), {}))


class Storage:
    def __init__(self, key):
        self.key = key


class Tensor:
    def __init__(self, key):
        self.key = key

    def __reduce__(self):
        return rebuild, (Storage(self.key), 0, (3,), (1,), False, collections.OrderedDict())


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        if isinstance(value, Storage):
            return "storage", FloatStorage, value.key, "cpu", 3
        return None


def save(name, value, extra=()):
    buffer = io.BytesIO()
    Pickler(buffer, protocol=2).dump(value)
    with zipfile.ZipFile(golden / name, "w") as archive:
        files = [("data.pkl", buffer.getvalue()), *[(f"data/{k}", struct.pack("<3f", 1, 2 + k, 3)) for k in range(2)], *extra]
        for member, data in files:
            archive.writestr(zipfile.ZipInfo(f"archive/{member}"), data)


weights = collections.OrderedDict([("fc.weight", Tensor("0"))])
save("layout_module.pth", collections.OrderedDict([("module.fc.weight", Tensor("0"))]))
save("layout_twice.pth", collections.OrderedDict([("module._orig_mod.fc.weight", Tensor("0"))]))
save("layout_model.pth", {"epoch": 3, "model": weights})
save("layout_deep.pth", {"epoch": 3, "ema": {"model": weights, "decay": 0.5}})
save("layout_state_dict.pth", {"state_dict": weights, "ema": collections.OrderedDict([("fc.weight", Tensor("1"))])})
save("layout_two.pth", {"g": weights, "g_ema": collections.OrderedDict([("fc.weight", Tensor("1"))])})
save("layout_whole.pth", DataParallel())
save("layout_script.pt", {"fc": 1}, [("code/__torch__.py", b"def forward(): pass\n")])

# Objects of a TorchScript archive: one that holds itself, and one that would call a function.
Script = stand_in("__torch__", "Script", type("Script", (), {}))
code = [("code/__torch__.py", b"def forward(): pass\n")]
knot, call = Script(), Script()
knot.weight, knot.knot = Tensor("0"), knot
call.weight, call.call = Tensor("0"), os.system
save("layout_knot.pt", knot, code)
save("layout_call.pt", call, code)
