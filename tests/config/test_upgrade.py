from forger.config.upgrade import upgrade


def test_compile_and_graph_of_0_1_0_become_callbacks() -> None:
    model = {"k": 1, "compile": "default", "graph": True}
    config = upgrade({"model": model, "penalty": {}, "callbacks": {}})
    assert config == {
        "model": {"k": 1},
        "penalty": {},
        "term": {},
        "callbacks": {
            "compile": {"_target_": "forger.callbacks.compile.Compile", "mode": "default"},
            "cuda_graph": {"_target_": "forger.callbacks.cuda_graph.CUDAGraph"},
        },
    }
    off = upgrade({"model": {"compile": None, "graph": False}, "penalty": {}, "callbacks": {}})
    assert off["callbacks"] == {}
    assert upgrade(upgrade(off)) == off
    assert upgrade(["no configuration"]) == ["no configuration"]
