internal import CResampling

extension RasterImage {
  /// The picture in another size, sample for sample what Pillow's `Image.resize` gives.
  ///
  /// Two passes, along rows first, in fixed point of 22 bits, each rounded to 8 bits (Pillow up to
  /// 12.1 always; later versions begin with columns for some strongly anisotropic sizes).
  ///
  /// - Parameters:
  ///   - height: Rows of the result.
  ///   - width: Pixels per row of the result.
  ///   - filter: The kernel; widened when shrinking.
  /// - Returns: The resized picture.
  public func resized(height: Int, width: Int, filter: ResizeFilter) -> RasterImage {
    precondition(height > 0 && width > 0, "a picture of \(height) x \(width)")
    var result = self
    if width != self.width { result = result.resizedRows(to: width, filter) }
    if height != self.height { result = result.resizedColumns(to: height, filter) }
    return result
  }

  /// The picture with its shorter side resized to `side`, as torchvision's `Resize(side)`.
  public func resized(shorterSide side: Int, filter: ResizeFilter = .bilinear) -> RasterImage {
    let size = Self.size(height: height, width: width, shorterSide: side)
    return resized(height: size.height, width: size.width, filter: filter)
  }

  static func size(height: Int, width: Int, shorterSide side: Int) -> (height: Int, width: Int) {
    width <= height ? (side * height / width, side) : (side, side * width / height)
  }

  /// A rectangle of the picture.
  public func cropped(top: Int, left: Int, height: Int, width: Int) -> RasterImage {
    precondition(
      top >= 0 && left >= 0 && height > 0 && width > 0 && top + height <= self.height
        && left + width <= self.width,
      "rows \(top)+\(height), columns \(left)+\(width) of \(self.height) x \(self.width)")
    var result: [UInt8] = []
    result.reserveCapacity(height * width * channelCount)
    for y in top..<top + height {
      let start = (y * self.width + left) * channelCount
      result += pixels[start..<start + width * channelCount]
    }
    return RasterImage(height: height, width: width, channelCount: channelCount, pixels: result)
  }

  /// The middle of the picture, placed as torchvision's `CenterCrop`.
  public func centerCropped(height: Int, width: Int) -> RasterImage {
    cropped(
      top: Self.centerOffset(self.height, height), left: Self.centerOffset(self.width, width),
      height: height, width: width)
  }

  /// Half the difference, rounded half to even as Python's `round`.
  static func centerOffset(_ size: Int, _ part: Int) -> Int {
    Int((Double(size - part) / 2).rounded(.toNearestOrEven))
  }

  /// The square in the middle of what ``resized(shorterSide:filter:)`` gives, made without the rest.
  func resized(shorterSide: Int, filter: ResizeFilter, croppedTo side: Int) -> RasterImage {
    let size = Self.size(height: height, width: width, shorterSide: shorterSide)
    guard size.height != height && size.width != width else {
      return resized(height: size.height, width: size.width, filter: filter)
        .centerCropped(height: side, width: side)
    }
    let top = Self.centerOffset(size.height, side)
    let left = Self.centerOffset(size.width, side)
    let rows = ResizeWeights(from: height, to: size.height, filter: filter)
      .selecting(top..<top + side)
    let columns = ResizeWeights(from: width, to: size.width, filter: filter)
      .selecting(left..<left + side)
    let needed = rows.sources
    return resampledRows(columns, in: needed)
      .resampledColumns(rows.selecting(0..<side, origin: needed.lowerBound))
  }

  // MARK: - Passes

  private func resizedRows(to newWidth: Int, _ filter: ResizeFilter) -> RasterImage {
    resampledRows(ResizeWeights(from: width, to: newWidth, filter: filter), in: 0..<height)
  }

  private func resizedColumns(to newHeight: Int, _ filter: ResizeFilter) -> RasterImage {
    resampledColumns(ResizeWeights(from: height, to: newHeight, filter: filter))
  }

  /// Some rows of the picture, resampled along themselves.
  private func resampledRows(_ weights: ResizeWeights, in rows: Range<Int>) -> RasterImage {
    let newWidth = weights.starts.count
    let result = weights.withFixedPoint { window in
      pixels.withUnsafeBufferPointer { source in
        [UInt8](filling: rows.count * newWidth * channelCount) { target in
          withUnsafeTemporaryAllocation(of: UInt8.self, capacity: width * channelCount + 4) { row in
            cresampling_rows(
              source.baseAddress.map { $0 + rows.lowerBound * width * channelCount }, rows.count,
              width, channelCount, target.baseAddress, newWidth, window, row.baseAddress)
          }
        }
      }
    }
    return RasterImage(
      height: rows.count, width: newWidth, channelCount: channelCount, pixels: result)
  }

  private func resampledColumns(_ weights: ResizeWeights) -> RasterImage {
    let rowBytes = width * channelCount
    let newHeight = weights.starts.count
    let result = weights.withFixedPoint { window in
      pixels.withUnsafeBufferPointer { source in
        [UInt8](filling: newHeight * rowBytes) { target in
          withUnsafeTemporaryAllocation(of: Int32.self, capacity: rowBytes) { sums in
            cresampling_columns(
              source.baseAddress, rowBytes, target.baseAddress, newHeight, window, sums.baseAddress)
          }
        }
      }
    }
    return RasterImage(height: newHeight, width: width, channelCount: channelCount, pixels: result)
  }
}

extension ResizeWeights {
  /// Calls `body` with the windows as the C code takes them.
  fileprivate func withFixedPoint<Value>(_ body: (cresampling_window) -> Value) -> Value {
    withPointers(to: fixedPoint()) { starts, counts, weights in
      body(cresampling_window(starts: starts, counts: counts, weights: weights, stride: stride))
    }
  }
}
