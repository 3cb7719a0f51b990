export const restore = {
  title: "Restore from words",
};
