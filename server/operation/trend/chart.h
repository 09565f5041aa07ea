#pragma once
/// @file server/operation/trend/chart.h
/// A trend as a drawing that a clinician can trust: every panel has its own scale with its unit, the same time axis,
/// the limits of each time as bands (which differ in lightness, too, and are named, so that they can be told apart in
/// grey), rests and gaps without a line through them, minimum and maximum beside the average.
/// Units: points. Pure.
#include <span>
#include <string>
#include <vector>

#include "server/drawing/drawing.h"
#include "server/operation/trend/trend.h"

namespace varde::operation {

/// One panel below the other on one page, as wide as a screen.
drawing::Page trend_screen(const Trend& trend, const time::Zone& zone);
/// On A4 with a heading on every page: whose it is, and when it was drawn.
std::vector<drawing::Page> trend_paper(const Trend& trend, const time::Zone& zone, const std::string& heading,
                                       storage::Instant now);
/// "SpO2, puls: 1.9.2026 til 26.11.2026" for a reader of the screen; nobody's name.
drawing::About trend_about(const Trend& trend, const time::Zone& zone);

}  // namespace varde::operation
