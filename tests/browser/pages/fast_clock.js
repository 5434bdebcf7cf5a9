const Real = Date;
window.Date = class extends Real {
  constructor(...told) {
    super(...(told.length ? told : [Real.now() + 3600e3]));
  }
  static now() {
    return Real.now() + 3600e3;
  }
};
