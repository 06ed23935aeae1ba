import Glibc

/// The regularised incomplete beta function I_x(a, b), by its continued fraction.
///
/// DLMF 8.17.22, evaluated with Lentz's method; relative error about 1e-13.
func regularizedBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  guard x > 0 else { return 0 }
  guard x < 1 else { return 1 }
  // The fraction converges fast on this side of the mean.
  guard x <= (a + 1) / (a + b + 2) else { return 1 - regularizedBeta(1 - x, b, a) }
  let logFront = a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b)
  let tiny = 1e-300
  var (c, d) = (1.0, 1 - (a + b) * x / (a + 1))
  d = 1 / (abs(d) < tiny ? tiny : d)
  var fraction = d
  for m in 1...10_000 {
    let m = Double(m)
    for numerator in [
      m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
      -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
    ] {
      d = 1 + numerator * d
      d = 1 / (abs(d) < tiny ? tiny : d)
      c = 1 + numerator / c
      c = abs(c) < tiny ? tiny : c
      fraction *= c * d
    }
    if abs(c * d - 1) < 1e-16 { break }
  }
  return exp(logFront) * fraction / a
}

/// The upper regularised incomplete gamma function Q(a, x).
///
/// DLMF 8.11.4 (series) below a + 1, 8.9.2 (continued fraction) above.
func regularizedGammaUpper(_ a: Double, _ x: Double) -> Double {
  guard x > 0 else { return 1 }
  let front = exp(a * log(x) - x - lgamma(a))
  if x < a + 1 {
    var (term, sum, n) = (1 / a, 1 / a, a)
    while abs(term) > abs(sum) * 1e-17 {
      n += 1
      term *= x / n
      sum += term
    }
    return 1 - front * sum
  }
  let tiny = 1e-300
  var b = x + 1 - a
  var (c, d) = (1 / tiny, 1 / b)
  var fraction = d
  for i in 1...10_000 {
    let numerator = -Double(i) * (Double(i) - a)
    b += 2
    d = numerator * d + b
    d = 1 / (abs(d) < tiny ? tiny : d)
    c = b + numerator / c
    c = abs(c) < tiny ? tiny : c
    fraction *= c * d
    if abs(c * d - 1) < 1e-16 { break }
  }
  return front * fraction
}

/// An integral over a finite interval by Gauss–Legendre's rule with 16 nodes on equal pieces.
func integral(
  from low: Double, to high: Double, pieces: Int, of function: (Double) -> Double
) -> Double {
  let width = (high - low) / Double(pieces)
  var sum = 0.0
  for piece in 0..<pieces {
    let center = low + (Double(piece) + 0.5) * width
    for (node, weight) in gaussLegendre16 {
      let offset = node * width / 2
      sum += weight * (function(center - offset) + function(center + offset))
    }
  }
  return sum * width / 2
}

/// The positive nodes and their weights.
private let gaussLegendre16: [(node: Double, weight: Double)] = {
  // Newton's method on the Legendre polynomial, from the usual cosine guess.
  (1...8).map { index in
    var x = cos(.pi * (Double(index) - 0.25) / 16.5)
    var derivative = 0.0
    for _ in 0..<100 {
      var (previous, current) = (1.0, x)
      for degree in 2...16 {
        let n = Double(degree)
        (previous, current) = (current, ((2 * n - 1) * x * current - (n - 1) * previous) / n)
      }
      derivative = 16 * (x * current - previous) / (x * x - 1)
      let step = current / derivative
      x -= step
      if abs(step) < 1e-16 { break }
    }
    return (x, 2 / ((1 - x * x) * derivative * derivative))
  }
}()

/// Where a rising function reaches a value, by bisection down to the last bit.
func root(
  of function: (Double) -> Double, equals value: Double, in range: ClosedRange<Double>
) -> Double {
  var (low, high) = (range.lowerBound, range.upperBound)
  while true {
    let middle = low + (high - low) / 2
    guard middle > low && middle < high else { return middle }
    if function(middle) < value { low = middle } else { high = middle }
  }
}
