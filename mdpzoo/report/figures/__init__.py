"""Figures as SVG and HTML, written without a browser."""
