// Names of the explorer's own, used between its modules, that the build shortens. Never a name of the protocol, of a trait
// or of the browser: a test sees to the first two, the browser tests, which run what is built, to the last.
export const SHORTENED = [
  "channel", "clearFilters", "clearText", "dispose", "fetchMany", "forget", "groupTitle", "isOpen", "isSelected", "keepBest",
  "listensTo", "markImages", "measures", "moveTo", "notify", "onChange", "onUnasked", "onWaiting", "openImages", "picked",
  "pictures", "redoMark", "refreshItems", "refreshTiles", "remeasure", "report", "rowAt", "selection", "selectMatching",
  "selectRow", "setTheme", "setThumb", "staying", "thumbnails", "tileAt", "tiles", "undoable", "undoApplied", "undoMark", "wished",
];
