#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "fhir-model/xml/escape.h"
#include "server/drawing/drawing.h"

namespace varde::drawing {
namespace {

std::string hex(Colour colour) { return fmt::format("#{:02x}{:02x}{:02x}", colour.red, colour.green, colour.blue); }

class Writer {
 public:
  void operator()(const Area& area) {
    add(R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"/>)", area.x, area.y, area.width,
        area.height, hex(area.fill));
  }
  void operator()(const Line& line) {
    out += R"(<polyline points=")";
    for (const Spot spot : line.spots) add("{:.1f},{:.1f} ", spot.x, spot.y);
    add(R"(" fill="none" stroke="{}" stroke-width="{:.2f}"{}/>)", hex(line.colour), line.width,
        line.dashed ? R"( stroke-dasharray="4 3")" : "");
  }
  void operator()(const Dot& dot) {
    const auto paint = fmt::format(R"(fill="{}" stroke="{}")", dot.open ? "#ffffff" : hex(dot.colour),
                                   dot.open ? hex(dot.colour) : "#ffffff");
    const auto [x, y] = dot.at;
    if (dot.square) {
      const double r = dot.radius * 1.3;
      add(R"(<polygon points="{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}" {}/>)", x, y - r, x + r, y, x,
          y + r, x - r, y, paint);
    } else {
      add(R"(<circle cx="{:.1f}" cy="{:.1f}" r="{:.1f}" {}/>)", x, y, dot.radius, paint);
    }
  }
  void operator()(const Text& text) {
    constexpr std::string_view kAnchors[] = {"start", "middle", "end"};
    add(R"(<text x="{:.1f}" y="{:.1f}" font-size="{:.1f}" text-anchor="{}" fill="{}"{}>{}</text>)", text.at.x,
        text.at.y, text.size, kAnchors[static_cast<std::size_t>(text.anchor)], hex(text.colour),
        text.bold ? R"( font-weight="bold")" : "", fhir::xml::escaped(text.text));
  }

  template <class... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(out), format, std::forward<Values>(values)...);
  }
  std::string out;
};

}  // namespace

std::string to_svg(const Page& page, const About& about) {
  Writer writer;
  writer.add(R"(<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {:.0f} {:.0f}" role="img" font-family="sans-serif">)",
             page.width, page.height);
  writer.add("<title>{}</title><desc>{}</desc>", fhir::xml::escaped(about.title),
             fhir::xml::escaped(about.description));
  writer(Area{0, 0, page.width, page.height, {255, 255, 255}});
  for (const Shape& shape : page.shapes) std::visit(writer, shape);
  return std::move(writer.out) + "</svg>\n";
}

}  // namespace varde::drawing
