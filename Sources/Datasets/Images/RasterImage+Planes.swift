internal import CResampling

extension RasterImage {
  /// The picture in another size as floating point planes, antialiased: Pillow's `resize` of each channel in mode `F`.
  ///
  /// Along rows first; sums in double precision, rounded to single after each pass; not clipped. With
  /// `.bicubic`, and the result clipped to 0…255, this is clean-fid's resize.
  ///
  /// - Parameters:
  ///   - height: Rows of the result.
  ///   - width: Pixels per row of the result.
  ///   - filter: The kernel; widened when shrinking.
  /// - Returns: The samples, `[channel, height, width]`, about 0…255.
  public func resizedPlanes(height: Int, width: Int, filter: ResizeFilter) -> [Float] {
    precondition(height > 0 && width > 0, "a picture of \(height) x \(width)")
    precondition((1...4).contains(channelCount), "\(channelCount) channels")
    let columns = ResizeWeights(resizing: self.width, to: width, filter: filter)
    let rows = ResizeWeights(resizing: self.height, to: height, filter: filter)
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
  /// The weights of one axis; where its size stays, every sample is taken as it is.
  fileprivate init(resizing sourceCount: Int, to targetCount: Int, filter: ResizeFilter) {
    if sourceCount == targetCount {
      self.init(keeping: sourceCount)
    } else {
      self.init(from: sourceCount, to: targetCount, filter: filter)
    }
  }

  /// Calls `body` with the windows as the C code takes them.
  fileprivate func withWindow<Value>(_ body: (cresampling_float_window) -> Value) -> Value {
    withPointers(to: weights) { starts, counts, weights in
      body(
        cresampling_float_window(starts: starts, counts: counts, weights: weights, stride: stride))
    }
  }
}
