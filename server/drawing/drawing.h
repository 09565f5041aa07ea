#pragma once
/// @file server/drawing/drawing.h
/// A drawing as a list of shapes, and what it can be sent as. Who draws says what stands where; how each format says
/// it stands here, so that a curve on a screen and on paper is the same curve.
/// Units: points (1/72 inch) from the upper left corner. Text is UTF-8. Pure; safe from any thread.
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace varde::drawing {

struct Colour {
  std::uint8_t red = 0, green = 0, blue = 0;
  bool operator==(const Colour&) const = default;
};

struct Spot {
  double x = 0, y = 0;
};

struct Area {  ///< a filled rectangle
  double x = 0, y = 0, width = 0, height = 0;
  Colour fill;
};
struct Line {
  std::vector<Spot> spots;
  Colour colour;
  double width = 1;
  bool dashed = false;
};
/// A filled shape with a white rim, so that it stands out on any ground; `open`: the rim alone.
struct Dot {
  Spot at;
  double radius = 2;
  Colour colour;
  bool square = false;  ///< on its corner: told apart from a round one without colours
  bool open = false;
};
enum class Anchor : std::uint8_t { start, middle, end };
struct Text {
  Spot at;  ///< on the base line
  std::string text;
  double size = 10;
  Anchor anchor = Anchor::start;
  Colour colour;
  bool bold = false;
};
using Shape = std::variant<Area, Line, Dot, Text>;

struct Page {
  double width = 0, height = 0;
  std::vector<Shape> shapes;
};

/// What a reader of the screen says in place of the drawing, and what a list of documents shows.
struct About {
  std::string title, description;
};

/// Scales with the place it is given. https://www.w3.org/TR/SVG11/
std::string to_svg(const Page& page, const About& about);
/// `scale`: pixels a point. https://www.w3.org/TR/png/
std::string to_png(const Page& page, double scale);
/// Text as text with its fonts in the file. ISO 32000-1 (PDF 1.5).
std::string to_pdf(std::span<const Page> pages, const About& about);

}  // namespace varde::drawing
