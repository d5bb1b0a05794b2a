// Boost.URL, compiled here and nowhere else, where it can be: from Boost 1.83 on it is a library (dependencies.cmake).
#if __has_include(<boost/url/src.hpp>)
#include <boost/url/src.hpp>
#endif
