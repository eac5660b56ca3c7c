"""Loads what tests share, but where none run: in the process that only hands them to workers."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # in time for workers, which begin with it


def pytest_configure(config):
    if config.getoption("dist", "no") == "no" or hasattr(config, "workerinput"):
        for name in ("shared_fixtures", "small_exports"):
            config.pluginmanager.import_plugin(name)
