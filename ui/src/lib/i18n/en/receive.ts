export const receive = {
  title: "Receive",
};
