"""Views of a run that are reckoned once, for tests that ask them many times.

A query over a view binds and reckons all views beneath it, which takes longer than most answers.
"""

from entitlement_sim.store.views import creation_order, made_views, view_files


def views_in_order():
    """Names of all views, each after those that it reads."""
    files = view_files()
    del files["macros"]
    return [view for topic in creation_order(files) for view in made_views(files[topic])]


def reckon(connection):
    """Put every view's rows in the place of the view, so that none is reckoned for another."""
    for view in views_in_order():
        connection.execute(f"CREATE TEMP TABLE {view} AS FROM main.{view}")


def reckon_opened(connection):
    """Put every view's rows in the place of the view, in a run that was opened for this alone."""
    connection.execute("CREATE SCHEMA memory.reckoned")
    for view in views_in_order():
        connection.execute(
            f"CREATE TABLE memory.reckoned.{view} AS FROM memory.main.{view}; "
            f"CREATE OR REPLACE VIEW memory.main.{view} AS FROM memory.reckoned.{view}"
        )


def forget(connection):
    """Let the views be views as before."""
    for view in views_in_order():
        connection.execute(f"DROP TABLE temp.{view}")


def reckon_anew(connection, views):
    """Put the rows of views that follow what was set meanwhile in the place of those before."""
    for view in views:
        connection.execute(f"DROP TABLE temp.{view}; CREATE TEMP TABLE {view} AS FROM main.{view}")
