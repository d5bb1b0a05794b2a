// Boost.URL, compiled here and nowhere else: no library package of it is needed.
#include <boost/url/src.hpp>
