internal import CResampling
import Synchronization

extension RasterImage {
  /// The picture in another size as floating point planes, antialiased: Pillow's `resize` of each channel in mode `F`.
  ///
  /// Along rows first; sums in double precision, rounded to single after each pass. With
  /// `.bicubic`, limited to 0…255, this is clean-fid's resize.
  ///
  /// - Parameters:
  ///   - height: Rows of the result.
  ///   - width: Pixels per row of the result.
  ///   - filter: The kernel; widened when shrinking.
  ///   - limits: What samples of the result are clipped to; nil leaves them as they are.
  /// - Returns: The samples, `[channel, height, width]`, about 0…255.
  public func resizedPlanes(
    height: Int, width: Int, filter: ResizeFilter, limits: ClosedRange<Float>? = nil
  ) -> [Float] {
    precondition(height > 0 && width > 0, "a picture of \(height) x \(width)")
    precondition((1...4).contains(channelCount), "\(channelCount) channels")
    let columns = ResizeWeights.resizing(self.width, to: width, filter: filter)
    let rows = ResizeWeights.resizing(self.height, to: height, filter: filter)
    let lineCount = rows.stride * channelCount * cresampling_line(width)
    return [Float](filling: channelCount * height * width) { target in
      columns.withWindow { columns in
        rows.withWindow { rows in
          pixels.withUnsafeBufferPointer { source in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: self.width * channelCount + 4)
            {
              row in
              withUnsafeTemporaryAllocation(of: Float.self, capacity: lineCount) { lines in
                withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: rows.stride)
                {
                  taps in
                  cresampling_planes(
                    source.baseAddress, self.width, channelCount, target.baseAddress, height, width,
                    columns, rows,
                    cresampling_bounds(
                      low: limits?.lowerBound ?? -.infinity, high: limits?.upperBound ?? .infinity),
                    cresampling_room(
                      row: row.baseAddress, lines: lines.baseAddress, taps: taps.baseAddress))
                }
              }
            }
          }
        }
      }
    }
  }
}

extension ResizeWeights {
  private struct Key: Hashable {
    let source: Int
    let target: Int
    let filter: ResizeFilter
  }

  /// The pictures of a set mostly have one size.
  private static let known = Mutex<[Key: ResizeWeights]>([:])

  /// The weights of one axis; where its size stays, every sample is taken as it is.
  fileprivate static func resizing(
    _ sourceCount: Int, to targetCount: Int, filter: ResizeFilter
  ) -> ResizeWeights {
    guard sourceCount != targetCount else { return ResizeWeights(keeping: sourceCount) }
    let key = Key(source: sourceCount, target: targetCount, filter: filter)
    if let weights = known.withLock({ $0[key] }) { return weights }
    let weights = ResizeWeights(from: sourceCount, to: targetCount, filter: filter)
    known.withLock { known in
      if known.count >= 64 { known.removeAll() }
      known[key] = weights
    }
    return weights
  }

  /// Calls `body` with the windows as the C code takes them.
  fileprivate func withWindow<Value>(_ body: (cresampling_float_window) -> Value) -> Value {
    withPointers(to: weights) { starts, counts, weights in
      body(
        cresampling_float_window(starts: starts, counts: counts, weights: weights, stride: stride))
    }
  }
}
