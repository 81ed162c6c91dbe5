/**
 * Charts as Chart.js configurations, written as JSON. Colours are names of the design system
 * ({@code --chart-1}); the page's script gives them the theme's values. Never here: where the
 * numbers come from.
 */
@NullMarked
package org.millrace.console.chart;

import org.jspecify.annotations.NullMarked;
