"""Command for a first load of more than Neo4j takes over its wire in a night: `neo4j-import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.surroundings import Surroundings, WrongUsage, print_json
from graph.columns import Text
from graph.stores.neo4j_import import SCRIPT, FolderNotEmpty, write_import_files


def neo4j_import(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="new folder for the files")],
    database: Annotated[str, typer.Option(help="database that the files are to fill")] = "neo4j",
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON document")] = False,
) -> None:
    """Write the whole store as files of neo4j-admin's import. 将全库导出为 neo4j-admin 批量导入文件。"""
    here = Surroundings.of(ctx)
    with here.store() as store:
        try:
            written = write_import_files(store, folder, database)
        except FolderNotEmpty as error:
            raise WrongUsage(str(error)) from None
    if as_json:
        print_json({"folder": folder.as_posix(), "script": (folder / SCRIPT).as_posix(), **vars(written)})
        return
    told = Text(
        "{folder}: {nodes} nodes, {relationships} relationships; stop Neo4j, run {script}, start it again",
        "{folder}：节点 {nodes} 个，关系 {relationships} 个；请停止 Neo4j，运行 {script}，然后重新启动",
    )
    here.terminal.say(
        told, folder=folder, script=folder / SCRIPT, nodes=written.nodes, relationships=written.relationships
    )
