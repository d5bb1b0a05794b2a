// Boost.URL, compiled here and nowhere else, and only where its headers hold its sources (cmake/dependencies.cmake).
#include <boost/url/src.hpp>
