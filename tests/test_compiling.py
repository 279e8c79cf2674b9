"""What is kept between runs: what goes, what is made anew, and that nothing depends on it."""

import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from numba.core.codegen import JITCodeLibrary

from entitlement_sim.compiling import cache
from entitlement_sim.publishing.mark import MARK, mark_folder

DAY = 24 * 60 * 60


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ENTITLEMENT_SIM_CACHE", str(tmp_path))
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path / ("0" * 16))
    return tmp_path


def used(root: Path, *days_ago: float) -> list[Path]:
    """Folders of kernels, each with when it was used last."""
    folders = [root / f"{number:016x}" for number in range(1, len(days_ago) + 1)]
    for folder, days in zip(folders, days_ago, strict=True):
        mark_folder(folder)
        (folder / "kernel.nbc").touch()
        os.utime(folder, (time.time() - days * DAY,) * 2)
    return folders


def remaining(root: Path) -> set[Path]:
    return set(root.iterdir())


def test_the_four_folders_used_last_stay_however_old(root: Path) -> None:
    folders = used(root, 60, 20, 50, 30, 40)
    cache.forget_old_kernels()
    assert remaining(root) == set(folders[1:])


def test_a_folder_used_within_a_day_stays_however_many_there_are(root: Path) -> None:
    folders = used(root, 0.1, 0.2, 0.3, 0.4, 0.9, 1.1)
    cache.forget_old_kernels()
    assert remaining(root) == set(folders[:5])


def test_kernels_in_use_count_as_used_now(root: Path) -> None:
    own = cache.cache_folder()
    mark_folder(own)
    os.utime(own, (0, 0))
    folders = used(root, 20, 30, 40, 50)
    cache.forget_old_kernels()
    assert remaining(root) == {own, *folders[:3]}


@pytest.mark.parametrize("name", ["something else", "sixteen letters!", "00000000000000ff"])
def test_a_folder_without_the_mark_stays_whatever_its_name(root: Path, name: str) -> None:
    folders = used(root, 20, 30, 40, 50, 60)
    other = root / name
    other.mkdir()
    (other / "thesis.txt").write_text("precious")
    os.utime(other, (0, 0))
    cache.forget_old_kernels()
    assert remaining(root) == {other, *folders[:4]}
    assert (other / "thesis.txt").exists()


def test_a_link_to_a_folder_of_kernels_stays(root: Path) -> None:
    elsewhere = root.parent / f"{root.name}-elsewhere" / "00000000000000ff"
    elsewhere.parent.mkdir()
    mark_folder(elsewhere)
    used(root, 20, 30, 40, 50)
    (root / elsewhere.name).symlink_to(elsewhere, target_is_directory=True)
    os.utime(elsewhere, (0, 0))
    cache.forget_old_kernels()
    assert (root / elsewhere.name).is_symlink()
    assert elsewhere.is_dir()


# ------------------------------------------------------------------------- what recompiles


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, to edit."""
    package = Path(cache.__file__).parents[1]
    copy = tmp_path_factory.mktemp("copy") / package.name
    for source in package.rglob("*.py"):
        target = copy / source.relative_to(package)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return copy


def cache_of(package: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where a copy of the package keeps its kernels."""
    with monkeypatch.context() as context:
        context.setattr(cache, "__file__", str(package / "compiling" / "cache.py"))
        return cache.cache_folder.__wrapped__().name


@pytest.mark.parametrize(
    ("file", "recompiles"),
    [
        ("rules/lifecycle.py", True),
        ("population/customers.py", True),
        ("engine/custom.py", True),
        ("compiling/__init__.py", True),
        ("compiling/cache.py", True),
        ("store/hashing.py", False),
        ("store/summary.py", False),
        ("charts/expiry.py", False),
        ("reports/page.py", False),
    ],
)
def test_only_what_kernels_are_made_of_is_compiled_again_after_an_edit(
    copied: Path, monkeypatch: pytest.MonkeyPatch, file: str, recompiles: bool
) -> None:
    before = cache_of(copied, monkeypatch)
    with (copied / file).open("a") as source:
        source.write("# edited\n")
    assert (cache_of(copied, monkeypatch) != before) == recompiles


def test_a_process_keeps_kernels_in_the_folder_of_its_own_source(copied: Path) -> None:
    command = "from entitlement_sim.compiling.cache import cache_folder; print(cache_folder().name)"
    answer = subprocess.run(
        [sys.executable, "-c", command], env={**os.environ, "PYTHONPATH": str(copied.parent)},
        cwd=copied.parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert answer.stdout == f"{cache_of(copied, monkeypatch)}\n"
    assert answer.stdout != f"{cache.cache_folder().name}\n"


def test_no_part_of_a_kernel_stands_elsewhere() -> None:
    package = Path(cache.__file__).parents[1]
    rooms = {
        path.relative_to(package).parts[0]
        for path in package.rglob("*.py")
        if re.search(r"^@(part|rare_part|written_out)$", path.read_text("utf-8"), re.MULTILINE)
    }
    assert rooms <= {"rules", "population", "engine"}


# --------------------------------------------------------------- what kernels are made of

#: A kernel of parts that call each other, one of them never written into its caller.
NESTED = """
from entitlement_sim.compiling import kernel, part, rare_part

@part
def one_more(number):
    return number + 1

@rare_part
def halved(number):
    return one_more(number) // 2

@part
def three_more(number):
    return one_more(one_more(one_more(number)))

@kernel
def reckoned(number):
    return three_more(number) * 100 + halved(number)
"""


@pytest.mark.usefixtures("own_cache")
def test_parts_become_machine_code_within_their_kernel_alone(
    kernels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    finalize = JITCodeLibrary._finalize_specific

    def noted(library: JITCodeLibrary) -> None:
        made.append(library.name)
        finalize(library)

    monkeypatch.setattr(JITCodeLibrary, "_finalize_specific", noted)
    module = loaded(kernels, NESTED)
    assert [module.reckoned(number) for number in (1, 4)] == [401, 702]
    assert module.reckoned.py_func(4) == 702
    assert [name for name in made if name in vars(module)] == ["reckoned"]


#: A version of Numba whose inside is otherwise.
OTHERWISE = """
import numba.core.codegen
del numba.core.codegen.JITCodeLibrary
import kernels
print(kernels.reckoned(4))
"""


def test_a_numba_that_is_made_otherwise_compiles_the_same(kernels: Path) -> None:
    (kernels / "kernels.py").write_text(NESTED)
    done = subprocess.run(
        [sys.executable, "-B", "-c", OTHERWISE],
        cwd=kernels, capture_output=True, text=True, check=False,
        env={**os.environ, "ENTITLEMENT_SIM_CACHE": str(kernels / "cache")},
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("702\n", "")


# ----------------------------------------------------------------- what cannot be used

#: One small kernel.
KERNEL = (
    "from entitlement_sim.compiling import kernel\n\n\n"
    "@kernel\ndef double(number):\n    return 2 * number\n"
)

#: What a process does that loads the kernel and calls it.
CALL = """
import kernels
print(kernels.double(21), kernels.double.stats.cache_hits)
"""


@pytest.fixture
def kernels(tmp_path: Path) -> Path:
    """A folder with a module that has one kernel, and the cache in which it is kept."""
    (tmp_path / "kernels.py").write_text(KERNEL)
    return tmp_path


@pytest.fixture
def own_cache(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this process keep kernels in the folder's cache."""
    monkeypatch.setattr(cache, "cache_folder", lambda: kernels / "cache" / ("0" * 16))
    cache.objection_to_caching.cache_clear()
    yield
    cache.objection_to_caching.cache_clear()


def loaded(folder: Path, source: str) -> ModuleType:
    """A module with kernels, which stands in a file, loaded into this process anew."""
    file = folder / "kernels.py"
    if not file.exists() or file.read_text() != source:
        file.write_text(source)
    module = ModuleType("kernels")
    exec(compile(source, file, "exec"), module.__dict__)
    return module


def doubled(folder: Path) -> str:
    """What calls the kernel of a module that has just been loaded: its answer, how often kept."""
    module = loaded(folder, KERNEL)
    return f"{module.double(21)} {module.double.stats.cache_hits}\n"


def doubled_apart(folder: Path, largest_file: int | None = None) -> str:
    """What a process of its own says that calls the kernel."""
    limit = ""
    if largest_file is not None:
        limit = (
            "import resource;"
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({largest_file}, {largest_file}))"
        )
    done = subprocess.run(
        [sys.executable, "-B", "-c", f"{limit}{CALL}"],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "ENTITLEMENT_SIM_CACHE": str(folder / "cache")},
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def empty(file: Path) -> None:
    file.write_bytes(b"")


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def fill_with_random_bytes(file: Path) -> None:
    file.write_bytes(random.Random(7).randbytes(file.stat().st_size))


def flip_one_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def make_a_folder_of_it(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", [empty, cut, fill_with_random_bytes, flip_one_bit])
def test_a_damaged_kernel_is_compiled_anew_and_kept_again(
    kernels: Path, suffix: str, damage: Callable[[Path], None]
) -> None:
    assert doubled(kernels) == "42 Counter()\n"
    assert doubled(kernels).startswith("42 Counter({(int64,): 1})")
    [file] = kernels.glob(f"cache/*/*/*.{suffix}")
    damage(file)
    assert doubled(kernels) == "42 Counter()\n"
    assert doubled(kernels).startswith("42 Counter({(int64,): 1})")


def test_a_kernel_is_kept_for_the_next_process(kernels: Path) -> None:
    assert doubled_apart(kernels) == "42 Counter()\n"
    assert doubled_apart(kernels).startswith("42 Counter({(int64,): 1})")


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_a_kernel_that_cannot_be_kept_is_compiled_each_time(kernels: Path, suffix: str) -> None:
    doubled(kernels)
    [file] = kernels.glob(f"cache/*/*/*.{suffix}")
    make_a_folder_of_it(file)
    assert doubled(kernels) == "42 Counter()\n"
    assert doubled(kernels) == "42 Counter()\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no files")
@pytest.mark.parametrize("largest_file", [0, 100, 4096])
def test_a_full_disk_keeps_nothing_and_stops_nothing(kernels: Path, largest_file: int) -> None:
    assert doubled_apart(kernels, largest_file) == "42 Counter()\n"
    assert not list(kernels.glob("cache/*/**/.*"))
    assert not list(kernels.glob("cache/*/*/*.nbc"))
    doubled_apart(kernels)
    assert doubled_apart(kernels).startswith("42 Counter({(int64,): 1})")


def test_a_cache_that_is_a_file_stops_nothing_and_nothing_is_kept_elsewhere(kernels: Path) -> None:
    (kernels / "cache").write_text("a file")
    assert doubled_apart(kernels) == "42 Counter()\n"
    assert sorted(path.name for path in kernels.iterdir()) == ["cache", "kernels.py"]


def test_the_folder_of_kernels_is_marked_before_anything_is_in_it(kernels: Path) -> None:
    doubled_apart(kernels, 0)
    doubled_apart(kernels)
    [mark] = kernels.glob(f"cache/*/{MARK}")
    assert mark.stat().st_size > 0
