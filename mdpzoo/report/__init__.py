"""Reports: results folders read into records, and records shown as a page, tables and figures."""

from mdpzoo.codes import lazily

__all__ = ["Results", "RunRecord", "Section", "Truth", "page_of", "read_results", "write_page"]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "Results": "records",
        "RunRecord": "records",
        "Section": "page.family_drawings",
        "Truth": "records",
        "page_of": "page.page_file",
        "read_results": "reading.folder_tree",
        "write_page": "page.page_file",
    },
)
