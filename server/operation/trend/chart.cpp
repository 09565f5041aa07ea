#include "server/operation/trend/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "fhir-model/time/text.h"
#include "server/followup/measure.h"
#include "server/operation/trend/axis.h"

namespace varde::operation {

namespace {

using drawing::Anchor;
using drawing::Colour;
using drawing::Page;
using followup::Bounds;
using followup::Zone;
using storage::Instant;

constexpr Colour kInk{34, 34, 34}, kFaint{120, 120, 120}, kGrid{205, 205, 205}, kRest{214, 220, 228};

/// By Zone: the ground of a band, and a dot. The grounds differ in lightness, so that paper without colours shows
/// them.
struct Look {
  Colour band, dot;
};
constexpr std::array<Look, 4> kLooks{Look{{230, 245, 233}, {27, 110, 60}}, Look{{240, 240, 240}, {110, 110, 110}},
                                     Look{{255, 228, 140}, {150, 105, 0}}, Look{{240, 165, 155}, {170, 20, 20}}};
const Look& look(Zone zone) { return kLooks[static_cast<std::size_t>(zone)]; }

struct Box {
  double x, y, width, height;
};

/// One curve in its box.
class Panel {
 public:
  Panel(Page& page, const Trend& trend, const Curve& curve, const time::Zone& zone, Box box)
      : page_(page), trend_(trend), curve_(curve), zone_(zone), box_(box), axis_(value_axis(curve)) {}

  void draw() {
    const auto unit = followup::shown_unit(curve_.unit);
    const auto title = unit.empty() ? std::string(curve_.title()) : fmt::format("{} ({})", curve_.title(), unit);
    text({box_.x, box_.y - 6}, title, 11, Anchor::start, true);
    for (const auto& then : curve_.limits) bands(then);
    for (const auto& pause : trend_.pauses) rest(pause);
    scale();
    time_axis();
    line();
    for (const auto& point : curve_.points) dot(point);
  }

 private:
  double x_of(Instant at) const {
    const double length = static_cast<double>((trend_.span.to - trend_.span.from).count());
    return box_.x + box_.width * static_cast<double>((at - trend_.span.from).count()) / length;
  }
  double y_of(double value) const { return box_.y + box_.height * (1 - std::clamp(axis_.share(value), 0.0, 1.0)); }
  static Instant middle(const TrendPoint& point) { return point.start + (point.end - point.start) / 2; }
  void text(drawing::Spot at, std::string words, double size, Anchor anchor, bool bold = false, Colour colour = kInk) {
    page_.shapes.emplace_back(drawing::Text{at, std::move(words), size, anchor, colour, bold});
  }
  /// From and to within the chart.
  std::pair<double, double> stretch(const Bounds& bounds) const {
    return {x_of(std::max(bounds.from, trend_.span.from)), x_of(std::min(bounds.to, trend_.span.to))};
  }

  void bands(const followup::LimitsThen& then) {
    const auto [left, right] = stretch(then.in_force);
    for (const auto& range : then.limits.ranges) {
      const double low = range.low ? range.low->value : axis_.bottom, high = range.high ? range.high->value : axis_.top;
      const double bottom = y_of(low), top = y_of(high);
      if (bottom <= top) continue;
      page_.shapes.emplace_back(drawing::Area{left, top, right - left, bottom - top, look(range.zone).band});
      const bool last = then.in_force.to >= trend_.span.to;
      if (last && bottom - top >= 9)
        text({box_.x + box_.width + 4, (top + bottom) / 2 + 3}, std::string(followup::norwegian(range.zone)), 8,
             Anchor::start, false, kFaint);
    }
  }
  void rest(const Bounds& pause) {
    const auto [left, right] = stretch(pause);
    page_.shapes.emplace_back(drawing::Area{left, box_.y, std::max(right - left, 1.0), box_.height, kRest});
    if (right - left > 30) text({(left + right) / 2, box_.y + 11}, "pause", 8, Anchor::middle, false, kFaint);
  }
  void scale() {
    const auto steps = std::lround((axis_.top - axis_.bottom) / axis_.step);
    for (std::int64_t i = 0; i <= steps; ++i) {
      const double value = axis_.bottom + static_cast<double>(i) * axis_.step, y = y_of(value);
      page_.shapes.emplace_back(drawing::Line{{{box_.x, y}, {box_.x + box_.width, y}}, kGrid, 0.5});
      text({box_.x - 5, y + 3}, followup::shown_number(followup::rounded(value, 6)), 9, Anchor::end);
    }
  }
  void time_axis() {
    const double bottom = box_.y + box_.height;
    page_.shapes.emplace_back(drawing::Line{{{box_.x, bottom}, {box_.x + box_.width, bottom}}, kInk, 0.8});
    for (const auto& [at, label] : time_ticks(trend_.span, zone_, 10)) {
      const double x = x_of(at);
      page_.shapes.emplace_back(drawing::Line{{{x, bottom}, {x, bottom + 4}}, kInk, 0.8});
      text({x, bottom + 14}, label, 9, Anchor::middle);
    }
  }
  /// Through neighbours only: where nothing was measured for long, nothing is known.
  void line() {
    const auto apart = usual_distance() * 3;
    drawing::Line stretch{{}, kInk, 1.2};
    const auto end = [&] {
      if (stretch.spots.size() > 1) page_.shapes.emplace_back(stretch);
      stretch.spots.clear();
    };
    for (std::size_t i = 0; i < curve_.points.size(); ++i) {
      const auto& point = curve_.points[i];
      if (i > 0 && middle(point) - middle(curve_.points[i - 1]) > apart) end();
      stretch.spots.push_back({x_of(middle(point)), y_of(point.average)});
    }
    end();
  }
  std::chrono::microseconds usual_distance() const {
    std::vector<std::chrono::microseconds> distances;
    for (std::size_t i = 1; i < curve_.points.size(); ++i)
      distances.push_back(middle(curve_.points[i]) - middle(curve_.points[i - 1]));
    if (distances.empty()) return {};
    const auto half = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
    std::nth_element(distances.begin(), half, distances.end());
    return *half;
  }
  void dot(const TrendPoint& point) {
    const double x = x_of(middle(point));
    if (point.minimum < point.maximum)
      page_.shapes.emplace_back(
          drawing::Line{{{x, y_of(point.minimum)}, {x, y_of(point.maximum)}}, look(point.worst()).dot, 1});
    const bool crowded = curve_.points.size() > 200;
    const Zone zone = point.worst();
    if (crowded && zone == Zone::green) return;
    page_.shapes.emplace_back(drawing::Dot{
        {x, y_of(point.average)}, crowded ? 1.5 : 2.4, look(zone).dot, zone == Zone::red, point.bounds > 0});
  }

  Page& page_;
  const Trend& trend_;
  const Curve& curve_;
  const time::Zone& zone_;
  const Box box_;
  const ValueAxis axis_;
};

constexpr double kScreenWidth = 720, kScreenPanel = 210;
constexpr double kPaperWidth = 595, kPaperHeight = 842, kPaperPanel = 225;
constexpr std::size_t kPanelsOnPaper = 3;

void empty_note(Page& page, double y) {
  page.shapes.emplace_back(drawing::Text{{page.width / 2, y}, "Ingen målinger i perioden", 12, Anchor::middle, kFaint});
}

std::string span_text(const Trend& trend, const time::Zone& zone) {
  return fmt::format("{} til {}", day_text(trend.span.from, zone),
                     day_text(trend.span.to - std::chrono::microseconds{1}, zone));
}

}  // namespace

drawing::Page trend_screen(const Trend& trend, const time::Zone& zone) {
  const std::size_t panels = std::max<std::size_t>(trend.curves.size(), 1);
  Page page{kScreenWidth, static_cast<double>(panels) * kScreenPanel + 10, {}};
  if (trend.curves.empty()) empty_note(page, kScreenPanel / 2);
  for (std::size_t i = 0; i < trend.curves.size(); ++i)
    Panel(page, trend, trend.curves[i], zone,
          {52, static_cast<double>(i) * kScreenPanel + 28, kScreenWidth - 52 - 40, kScreenPanel - 58})
        .draw();
  return page;
}

std::vector<drawing::Page> trend_paper(const Trend& trend, const time::Zone& zone, const std::string& heading,
                                       Instant now) {
  const std::size_t count = std::max<std::size_t>((trend.curves.size() + kPanelsOnPaper - 1) / kPanelsOnPaper, 1);
  std::vector<Page> pages(count, Page{kPaperWidth, kPaperHeight, {}});
  const std::string clock = time::norwegian_text(now, zone);  // "24.11. kl. 00.30"
  const std::string drawn = fmt::format("Tegnet {} kl. {}", day_text(now, zone), clock.substr(clock.rfind(' ') + 1));
  for (std::size_t i = 0; i < count; ++i) {
    auto& shapes = pages[i].shapes;
    shapes.emplace_back(drawing::Text{{50, 50}, heading, 13, Anchor::start, kInk, true});
    shapes.emplace_back(drawing::Text{{50, 66}, "Målinger " + span_text(trend, zone), 10, Anchor::start, kInk});
    shapes.emplace_back(drawing::Text{{50, kPaperHeight - 30}, drawn, 8, Anchor::start, kFaint});
    shapes.emplace_back(drawing::Text{
        {kPaperWidth - 50, kPaperHeight - 30}, fmt::format("Side {} av {}", i + 1, count), 8, Anchor::end, kFaint});
  }
  if (trend.curves.empty()) empty_note(pages[0], 140);
  for (std::size_t i = 0; i < trend.curves.size(); ++i)
    Panel(pages[i / kPanelsOnPaper], trend, trend.curves[i], zone,
          {88, 105 + static_cast<double>(i % kPanelsOnPaper) * kPaperPanel, kPaperWidth - 88 - 75, kPaperPanel - 60})
        .draw();
  return pages;
}

drawing::About trend_about(const Trend& trend, const time::Zone& zone) {
  drawing::About about{"Målinger " + span_text(trend, zone), {}};
  for (const auto& curve : trend.curves) {
    const auto& last = curve.points.back();
    about.description += fmt::format("{}{}: {} {} ved slutten, {} målepunkter", about.description.empty() ? "" : "; ",
                                     curve.title(), followup::shown_number(followup::rounded(last.average, 2)),
                                     followup::shown_unit(curve.unit), curve.points.size());
  }
  return about;
}

}  // namespace varde::operation
