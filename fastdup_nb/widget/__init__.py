"""Widgets for notebooks: the explorer and plots. They need anywidget, loaded when first used."""
